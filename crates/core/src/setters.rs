//! The setters of builders and of plain values, written as tables.

/// Setters that take the value and return it: inside an `impl` block, one row for each.
///
/// A row names the method, its argument, and the field that it sets. In the second form, the field
/// has a setter of its own, which gets the argument.
///
/// ```text
/// with_name(name: impl Into<String>) => name = name.into();
/// with_limit(limit: u32) => walk.with_limit();
/// ```
// A table, because written out each is five lines around one assignment. Not part of the API: the
// other crates of this workspace use it.
#[doc(hidden)]
#[macro_export]
macro_rules! setters {
    ($(
        $(#[$doc:meta])*
        $method:ident($argument:ident: $type:ty) => $($field:tt).+ = $value:expr;
    )*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $method(mut self, $argument: $type) -> Self {
            self.$($field).+ = $value;
            self
        }
    )*};
    ($(
        $(#[$doc:meta])*
        $method:ident($argument:ident: $type:ty) => $field:ident.$setter:ident();
    )*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $method(mut self, $argument: $type) -> Self {
            self.$field = self.$field.$setter($argument);
            self
        }
    )*};
}
