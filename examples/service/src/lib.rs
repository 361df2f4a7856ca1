//! hearken as a service: posts come in by HTTP, agents work on the queue, corrections are learnt,
//! and alerts go out. The database is the truth; all state is a function of its rows.

pub mod auth;
pub mod campaigns;
pub mod config;
pub mod failure;
pub mod http;
pub mod label_studio;
pub mod learn;
mod listen;
pub mod metrics;
pub mod orders;
pub mod page;
pub mod room;
pub mod serve;
pub mod store;
pub mod tenant;
pub mod writer;
