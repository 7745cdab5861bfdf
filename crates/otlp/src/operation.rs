//! What an operation on a store does, by its first word.

use nightjar_topology::RelationKind;

use crate::attributes::{Attributes, first};

/// Attributes whose first word is the operation's; the queries themselves come last.
const OPERATION: [&str; 5] =
    ["db.operation.name", "db.operation", "db.query.summary", "db.query.text", "db.statement"];

/// Words of SQL, Redis, MongoDB, DynamoDB and Elasticsearch.
const READING: [&str; 26] = [
    "select",
    "get",
    "mget",
    "hget",
    "hgetall",
    "hmget",
    "exists",
    "scan",
    "keys",
    "ttl",
    "lrange",
    "llen",
    "smembers",
    "sismember",
    "zrange",
    "zscore",
    "find",
    "aggregate",
    "count",
    "distinct",
    "query",
    "getitem",
    "batchgetitem",
    "search",
    "show",
    "strlen",
];
const WRITING: [&str; 40] = [
    "insert",
    "update",
    "delete",
    "merge",
    "replace",
    "upsert",
    "create",
    "drop",
    "alter",
    "truncate",
    "copy",
    "set",
    "setex",
    "psetex",
    "setnx",
    "mset",
    "hset",
    "hmset",
    "incr",
    "incrby",
    "decr",
    "del",
    "unlink",
    "expire",
    "lpush",
    "rpush",
    "lpop",
    "rpop",
    "sadd",
    "srem",
    "zadd",
    "xadd",
    "putitem",
    "updateitem",
    "deleteitem",
    "batchwriteitem",
    "bulk",
    "index",
    "findandmodify",
    "flushall",
];

/// Whether the operation reads or writes; a call if nobody can tell.
pub(crate) fn relation(own: &(impl Attributes + ?Sized), name: &str) -> RelationKind {
    let text = first(own, &OPERATION).unwrap_or_else(|| name.to_owned());
    let word = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next();
    let word = word.unwrap_or_default().to_ascii_lowercase();
    if READING.contains(&word.as_str()) {
        RelationKind::Reads
    } else if WRITING.contains(&word.as_str()) {
        RelationKind::Writes
    } else {
        RelationKind::Calls
    }
}
