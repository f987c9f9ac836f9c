//! The typed methods that every port has: one trait per subject and flavour.
//!
//! They are generated from the same table as the [operations](crate::operation). A type gets them by
//! implementing the port; they cannot be overridden.
//!
//! # Examples
//!
//! Users are named by a reference, an id or a resource; all of them convert:
//!
//! ```
//! use access_groups_core::prelude::*;
//!
//! async fn add_both(
//!     port: &dyn AccessGroupPort,
//!     ada: &AcsUser,
//!     grace: UserIdentityId,
//!     gym: AccessGroupId,
//! ) -> Result<(), Error> {
//!     port.add_user(ada, gym).await?;
//!     port.add_user(grace, gym).await // an identity: the service finds its user
//! }
//! ```

use std::future::Future;

use crate::{
    error::Error,
    operation::{types::*, *},
    port::{self, AccessGroupPort, BlockingAccessGroupPort},
    rows::{BlockingRows, Rows},
};

macro_rules! methods {
    ($(
        $(#[$subject_doc:meta])*
        $title:literal $methods:ident / $blocking_methods:ident {$(
            $(#[$doc:meta])*
            $method:ident = $name:ident {
                $($(#[$field_doc:meta])* $field:ident: $type:ty = $argument:ty,)*
            } -> $reply:ty, $effect:ident $(deletes $deleted:ident)?
            $(, rows $rows:ident($filter:ty) -> $item:ty, by $id:ident)?;
        )*}
    )*) => {
        $(
            $(#[$subject_doc])*
            pub trait $methods: AccessGroupPort {$(
                $(#[$doc])*
                // Not `async fn`: a spawned task needs a future that is `Send`.
                fn $method(
                    &self, $($field: $argument),*
                ) -> impl Future<Output = Result<$reply, Error>> + Send {
                    // Made outside the future, so that the arguments need not be `Send`.
                    let operation = $name::new($($field),*);
                    port::call(self, operation)
                }

                $(
                    #[doc = concat!(
                        "Lists all that [`", stringify!($method), "`](Self::", stringify!($method),
                        ") lists, page after page."
                    )]
                    ///
                    /// Each page is requested when its first row is; none is requested after the
                    /// rows are dropped. What comes again in a later page is returned once.
                    fn $rows(&self, filter: $filter) -> Rows<'_, $item> {
                        // A cursor is valid only with the filter of the first page: it is repeated.
                        Rows::received(move |page| {
                            Box::pin(port::received(self, $name::new(filter.clone(), page)))
                        })
                        .without_repeats(|row| row.$id.into())
                    }
                )?
            )*}

            // `?Sized`, so that `&dyn AccessGroupPort` has the methods too.
            impl<P: AccessGroupPort + ?Sized> $methods for P {}

            #[doc = concat!(
                "The blocking flavour of [`", stringify!($methods),
                "`]: the same methods and the same contract."
            )]
            pub trait $blocking_methods: BlockingAccessGroupPort {$(
                $(#[$doc])*
                fn $method(&self, $($field: $argument),*) -> Result<$reply, Error> {
                    port::call_blocking(self, $name::new($($field),*))
                }

                $(
                    #[doc = concat!(
                        "Lists all that [`", stringify!($method), "`](Self::", stringify!($method),
                        ") lists, page after page."
                    )]
                    ///
                    /// Each page is requested when its first row is; none is requested after the
                    /// rows are dropped. What comes again in a later page is returned once.
                    fn $rows(&self, filter: $filter) -> BlockingRows<'_, $item> {
                        BlockingRows::received(move |page| {
                            port::received_blocking(self, $name::new(filter.clone(), page))
                        })
                        .without_repeats(|row| row.$id.into())
                    }
                )?
            )*}

            impl<P: BlockingAccessGroupPort + ?Sized> $blocking_methods for P {}
        )*
    };
}

with_operations!(methods);
