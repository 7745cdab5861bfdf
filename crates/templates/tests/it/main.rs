//! Templates at the border of the room.

mod accuracy;
mod bounds;
mod corpus;
