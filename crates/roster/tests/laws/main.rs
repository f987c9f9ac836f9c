//! Laws of plans and of applies, on random sites, rosters and instants: carried out, they leave what the
//! rows mean, whatever happens in between. A failing case is printed in its smallest form, with its seed.

mod apply;
mod crash;
mod driver;
mod saved;
mod site;
