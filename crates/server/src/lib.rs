//! HTTP: the native API, who may call it, and how it is watched.
