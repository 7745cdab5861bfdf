//! The real router on a fresh database, and real sockets.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod described;
#[cfg(test)]
mod events;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod sign_in_page;
#[cfg(test)]
mod sign_in_settings;
#[cfg(test)]
mod socket;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod webhooks;
