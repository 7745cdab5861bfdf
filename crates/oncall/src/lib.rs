//! The workflow of the service: what is to be done next, and doing it.
