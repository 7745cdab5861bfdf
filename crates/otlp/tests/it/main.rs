//! The room as others see it: names, calls, bytes.

#[cfg(test)]
mod bytes;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod names;
#[cfg(test)]
mod traces;
