//! Faults made from tables: a list times a cap, a text times a spoiler, a deletion times what
//! stays. Each table is a class of what adapters for databases, services and caches do wrong.

pub(crate) mod catch;
mod class;
mod content;
mod cursors;
mod ended;
mod facts;
mod fields;
mod filters;
mod gone;
mod heirs;
mod instants;
mod paging;
mod searches;
mod size;
mod stale;
mod texts;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use access_groups_conformance::{Fixture, Open};
use access_groups_core::{BlockingAccessGroupPort, Context, Error, Operation, Reply};
use access_groups_in_memory::State;

use crate::port::{NOW, state_of};

pub(crate) use class::Class;

/// A port with one fault.
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) class: Class,
    layer: Box<dyn Layer>,
}

impl Made {
    /// Opens ports with this fault.
    pub(crate) fn fixtures(&self) -> Box<Open<'static>> {
        let opened = Opened::default();
        let layer = self.layer.clone_box();
        Box::new(move |site| {
            let world = Arc::new(Mutex::new(World {
                state: state_of(site).expect("the kit's sites are sound"),
                layer: layer.clone_box(),
                opened: opened.clone(),
            }));
            lock(&opened).push(Arc::downgrade(&world));
            Fixture::blocking(Port(world))
        })
    }
}

/// The faults of every table.
pub(crate) fn all() -> Vec<Made> {
    [
        size::table(),
        texts::table(),
        searches::table(),
        instants::table(),
        filters::table(),
        cursors::table(),
        fields::table(),
        gone::table(),
        ended::table(),
        heirs::table(),
        stale::table(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn made(class: Class, name: String, layer: impl Layer + Clone) -> Made {
    Made {
        name,
        class,
        layer: Box::new(layer),
    }
}

/// A layer over the store: it delegates what its fault is not about. What it remembers belongs to
/// one port.
trait Layer: CloneLayer + Send + Sync + 'static {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error>;
}

trait CloneLayer {
    fn clone_box(&self) -> Box<dyn Layer>;
}

impl<L: Layer + Clone> CloneLayer for L {
    fn clone_box(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

impl<F> Layer for F
where
    F: Fn(&mut Store<'_>, &Operation) -> Result<Reply, Error> + Clone + Send + Sync + 'static,
{
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        self(store, operation)
    }
}

/// The store under a layer, and the stores of the other workspaces.
struct Store<'s> {
    state: &'s mut State,
    opened: &'s Opened,
}

impl Store<'_> {
    /// What a sound port does.
    fn call(&mut self, operation: &Operation) -> Result<Reply, Error> {
        self.state.execute(operation.clone(), NOW)
    }

    /// The answers of the other workspaces.
    fn next_door(&self, operation: &Operation) -> Vec<Reply> {
        let mut opened = lock(self.opened);
        opened.retain(|world| world.strong_count() > 0);
        let worlds: Vec<_> = opened.iter().filter_map(Weak::upgrade).collect();
        drop(opened);
        // This world is locked already, and another one may be at work, which asks this one.
        let answers = worlds.iter().filter_map(|world| {
            let other = world.try_lock().ok()?;
            content::whole(&other.state, operation).ok()
        });
        answers.collect()
    }
}

type Opened = Arc<Mutex<Vec<Weak<Mutex<World>>>>>;

struct World {
    state: State,
    layer: Box<dyn Layer>,
    opened: Opened,
}

struct Port(Arc<Mutex<World>>);

impl BlockingAccessGroupPort for Port {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        let World {
            state,
            layer,
            opened,
        } = &mut *lock(&self.0);
        layer.call(&mut Store { state, opened }, &operation)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
