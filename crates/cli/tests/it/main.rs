//! The built program from outside, and the engine as a whole on incidents whose truth is known.

#[cfg(test)]
mod accuracy;
#[cfg(test)]
mod archives;
#[cfg(test)]
mod aws;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod connectors;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod events;
#[cfg(test)]
mod intake;
#[cfg(test)]
mod operating;
#[cfg(test)]
mod program;
#[cfg(test)]
mod recorded_incidents;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod running;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod service;
