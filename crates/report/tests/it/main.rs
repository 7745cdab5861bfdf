//! Reports as the other rooms get them.

#[cfg(test)]
mod fixture;
