//! A list whose places are typed, so that a call can't be looked up among the hosts.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The place of a `K` in its [`Table`].
pub(crate) struct Ref<K> {
    place: usize,
    kind: PhantomData<fn() -> K>,
}

impl<K> Ref<K> {
    pub(crate) fn new(place: usize) -> Self {
        Self { place, kind: PhantomData }
    }

    pub(crate) fn place(self) -> usize {
        self.place
    }
}

// Written out because derives would ask the same of `K`, which is only a label.
impl<K> Clone for Ref<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Ref<K> {}
impl<K> PartialEq for Ref<K> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}
impl<K> Eq for Ref<K> {}
impl<K> PartialOrd for Ref<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Ref<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}
impl<K> fmt::Debug for Ref<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.place)
    }
}

/// One `T` for each `K`; a table of `K`s themselves is `Table<K, K>`.
///
/// INVARIANT: a [`Ref<K>`] is only made by a table of the same system, and tables never shrink.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table<K, T> {
    rows: Vec<T>,
    kind: PhantomData<fn() -> K>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { rows: Vec::new(), kind: PhantomData }
    }
}

impl<K, T> Table<K, T> {
    pub(crate) fn push(&mut self, row: T) -> Ref<K> {
        self.rows.push(row);
        Ref::new(self.rows.len() - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn refs(&self) -> impl Iterator<Item = Ref<K>> + use<K, T> {
        (0..self.rows.len()).map(Ref::new)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Ref<K>, &T)> {
        self.rows.iter().enumerate().map(|(place, row)| (Ref::new(place), row))
    }

    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut()
    }

    /// A table of the same places with another row for each.
    pub(crate) fn map<U>(&self, row: impl FnMut(&T) -> U) -> Table<K, U> {
        Table { rows: self.rows.iter().map(row).collect(), kind: PhantomData }
    }
}

impl<K, T> Index<Ref<K>> for Table<K, T> {
    type Output = T;
    fn index(&self, at: Ref<K>) -> &T {
        self.rows.get(at.place).expect("invariant: a ref is made by its own table")
    }
}

impl<K, T> IndexMut<Ref<K>> for Table<K, T> {
    fn index_mut(&mut self, at: Ref<K>) -> &mut T {
        self.rows.get_mut(at.place).expect("invariant: a ref is made by its own table")
    }
}
