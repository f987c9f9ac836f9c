#![doc = include_str!("../README.md")]

pub mod add_people;
pub mod decide;
pub mod everybody;
pub mod move_service;
pub mod wait;
pub mod who_may_open;
