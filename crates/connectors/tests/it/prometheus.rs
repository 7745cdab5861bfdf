//! Prometheus and VictoriaMetrics as they are, and a fake for what goes wrong.

mod faults;
mod real;
mod server;
mod shop;
