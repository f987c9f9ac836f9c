#![doc = include_str!("../README.md")]

mod lock;
mod save;
mod site_file;

pub use site_file::SiteFile;
