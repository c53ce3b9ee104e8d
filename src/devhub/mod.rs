//! Loopback Event Hubs namespace.
