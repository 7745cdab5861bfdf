//! The workflow over a real store: what is asked is done once, whatever happens meanwhile.

#[cfg(test)]
mod budgets;
#[cfg(test)]
mod capsules;
mod changes;
#[cfg(test)]
mod courier;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod house;
#[cfg(test)]
mod live;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod starts;
mod systems;
#[cfg(test)]
mod tasks;
