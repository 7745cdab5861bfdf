//! Kafka, by kafka_exporter 1.7 and by the JMX exporter with the rules that Strimzi 0.40 and Confluent
//! publish, which write domain, type and name in lower case.

use super::owner::{BROKER, TOPIC};
use super::{Combine, Family, Origin, Row, Signal, counter, gauge};

pub(super) const FAMILY: Family = Family {
    name: "Kafka",
    source: "danielqsj/kafka_exporter 1.7; JMX exporter 0.20 with Strimzi's rules (0.40)",
    prefixes: &["kafka_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("kafka_consumergroup_lag", Signal::QueueDepth, "{message}")
        .of(&TOPIC)
        .keep(&["consumergroup"]),
    gauge("kafka_consumergroup_lag_sum", Signal::QueueDepth, "{message}")
        .of(&TOPIC)
        .keep(&["consumergroup"]),
    gauge("kafka_consumer_fetch_manager_records_lag_max", Signal::QueueDepth, "{message}")
        .of(&TOPIC)
        .combine(Combine::Max),
    counter("kafka_topic_partition_current_offset", Signal::Other, "{message}").of(&TOPIC),
    counter("kafka_server_brokertopicmetrics_messagesin_total", Signal::Other, "{message}")
        .of(&TOPIC),
    // Copies that are behind, and partitions nobody leads, have no length in seconds: no observer yet.
    gauge("kafka_topic_partition_under_replicated_partition", Signal::Other, "{partition}")
        .of(&TOPIC),
    gauge("kafka_server_replicamanager_underreplicatedpartitions", Signal::Other, "{partition}")
        .of(&BROKER),
    gauge("kafka_controller_kafkacontroller_offlinepartitionscount", Signal::Other, "{partition}")
        .of(&BROKER),
    gauge("kafka_brokers", Signal::Other, "{broker}").of(&BROKER).combine(Combine::Max),
];
