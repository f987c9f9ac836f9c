#![doc = include_str!("../README.md")]

mod disk;
mod leftover;
mod lock;
mod names;
mod notice;
mod print;
mod save;
mod site_file;

pub use notice::Notice;
pub use site_file::SiteFile;
