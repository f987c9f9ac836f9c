//! What an update does to one field.

/// Keeps a field as it is, clears it, or sets it: on the wire absent, null, a value.
///
/// # Examples
///
/// ```
/// use access_groups_core::Patch;
///
/// let mut name = Some("Ada");
/// Patch::Keep.apply(&mut name);
/// assert_eq!(name, Some("Ada"));
/// Patch::Set("Grace").apply(&mut name);
/// assert_eq!(name, Some("Grace"));
/// Patch::Clear.apply(&mut name);
/// assert_eq!(name, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Patch<T> {
    /// As it is.
    #[default]
    Keep,
    /// To nothing.
    Clear,
    /// To this.
    Set(T),
}

impl<T> Patch<T> {
    /// Does it to a field.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// The same with another type of value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }

    /// Borrows the value.
    #[must_use]
    pub const fn as_ref(&self) -> Patch<&T> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(value),
        }
    }

    /// Whether it leaves the field alone.
    #[must_use]
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// A new value sets, none clears.
///
/// ```
/// use access_groups_core::Patch;
///
/// assert_eq!(Patch::from(Some(1)), Patch::Set(1));
/// assert_eq!(Patch::<u8>::from(None), Patch::Clear);
/// ```
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}
