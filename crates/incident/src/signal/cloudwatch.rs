//! Amazon CloudWatch: the namespace and the metric in snake case, as `aws.rds.cpu_utilization` for
//! `CPUUtilization` in `AWS/RDS`. Units are those after conversion: CloudWatch's percent become shares.
//!
//! Names as the user guides of the services list them (2026).

use super::owner::RESOURCE;
use super::{Family, Origin, Row, Signal, gauge, interval};

pub(super) const FAMILY: Family = Family {
    name: "Amazon CloudWatch",
    source: "metrics of AWS/RDS, DynamoDB, Lambda, SQS, ApplicationELB, ApiGateway, EC2, ECS, ElastiCache, Kinesis",
    prefixes: &["aws."],
    origin: Origin::Itself,
    rows: ROWS,
};

const fn level(name: &'static str, signal: Signal) -> Row {
    gauge(name, signal, signal_unit(signal)).of(&RESOURCE)
}

const fn amount(name: &'static str, signal: Signal) -> Row {
    interval(name, signal, signal_unit(signal)).of(&RESOURCE)
}

/// The signal's own unit: whoever reads CloudWatch converts to it.
const fn signal_unit(signal: Signal) -> &'static str {
    match signal {
        Signal::Latency | Signal::QueueAge | Signal::DiskLatency | Signal::ReplicationLag => "s",
        Signal::MemoryFree | Signal::DiskFree | Signal::DiskSize | Signal::NetworkIo => "By",
        Signal::DiskOperations => "1/s",
        Signal::WriteAheadLog => "By/s",
        Signal::Requests | Signal::Errors | Signal::Throttled => "{request}",
        _ => "1",
    }
}

const ROWS: &[Row] = &[
    amount("aws.dynamodb.throttled_requests", Signal::Throttled),
    amount("aws.dynamodb.consumed_capacity", Signal::CapacityConsumed),
    level("aws.dynamodb.provisioned_capacity", Signal::CapacityLimit),
    amount("aws.dynamodb.system_errors", Signal::Errors),
    amount("aws.dynamodb.read_throttle_events", Signal::Throttled),
    amount("aws.dynamodb.write_throttle_events", Signal::Throttled),
    level("aws.dynamodb.successful_request_latency", Signal::Latency),
    amount("aws.lambda.throttles", Signal::Throttled),
    amount("aws.lambda.invocations", Signal::Requests),
    amount("aws.lambda.errors", Signal::Errors),
    level("aws.lambda.duration", Signal::Latency),
    level("aws.lambda.iterator_age", Signal::QueueAge),
    level("aws.lambda.concurrent_executions", Signal::Other),
    level("aws.sqs.approximate_number_of_messages_visible", Signal::QueueDepth),
    level("aws.sqs.approximate_age_of_oldest_message", Signal::QueueAge),
    level("aws.rds.cpu_utilization", Signal::CpuUtilization),
    level("aws.rds.database_connections", Signal::PoolUsage),
    level("aws.rds.max_connections", Signal::PoolLimit),
    level("aws.rds.free_storage_space", Signal::DiskFree),
    level("aws.rds.allocated_storage", Signal::DiskSize),
    level("aws.rds.disk_queue_depth", Signal::DiskQueue),
    level("aws.rds.write_iops", Signal::DiskOperations),
    level("aws.rds.read_iops", Signal::DiskOperations),
    level("aws.rds.write_latency", Signal::DiskLatency),
    level("aws.rds.read_latency", Signal::DiskLatency),
    level("aws.rds.burst_balance", Signal::BurstCredit),
    level("aws.rds.ebs_io_balance", Signal::BurstCredit),
    level("aws.rds.replica_lag", Signal::ReplicationLag),
    level("aws.rds.transaction_logs_generation", Signal::WriteAheadLog),
    amount("aws.rds.checkpoints", Signal::Checkpoints),
    level("aws.rds.deadlocks", Signal::Deadlocks),
    level("aws.rds.blocked_transactions", Signal::LockWaits),
    level("aws.rds.db_load", Signal::DatabaseLoad),
    level("aws.rds.statement_load", Signal::StatementLoad),
    level("aws.rds.freeable_memory", Signal::MemoryFree),
    level("aws.rds.network_receive_throughput", Signal::NetworkIo),
    level("aws.rds.network_transmit_throughput", Signal::NetworkIo),
    amount("aws.application_elb.request_count", Signal::Requests),
    amount("aws.application_elb.http_code_target_5xx_count", Signal::Errors),
    // What the balancer answers by itself stands beside the answers of targets.
    amount("aws.application_elb.http_code_elb_5xx_count", Signal::Errors),
    level("aws.application_elb.target_response_time", Signal::Latency),
    amount("aws.application_elb.rejected_connection_count", Signal::Throttled),
    level("aws.application_elb.healthy_host_count", Signal::ReplicasAvailable),
    amount("aws.api_gateway.count", Signal::Requests),
    amount("aws.api_gateway.5xx_error", Signal::Errors),
    level("aws.api_gateway.latency", Signal::Latency),
    level("aws.ec2.cpu_utilization", Signal::CpuUtilization),
    level("aws.ec2.cpu_credit_balance", Signal::Other),
    amount("aws.ec2.network_in", Signal::NetworkIo),
    amount("aws.ec2.network_out", Signal::NetworkIo),
    level("aws.ecs.cpu_utilization", Signal::CpuUtilization),
    level("aws.ecs.memory_utilization", Signal::MemoryUtilization),
    level("aws.elasticache.engine_cpu_utilization", Signal::CpuUtilization),
    level("aws.elasticache.database_memory_usage_percentage", Signal::MemoryUtilization),
    level("aws.elasticache.curr_connections", Signal::PoolUsage),
    level("aws.elasticache.replication_lag", Signal::ReplicationLag),
    amount("aws.elasticache.evictions", Signal::Evictions),
    level("aws.kinesis.get_records_iterator_age", Signal::QueueAge),
    amount("aws.kinesis.write_provisioned_throughput_exceeded", Signal::Throttled),
    amount("aws.kinesis.read_provisioned_throughput_exceeded", Signal::Throttled),
];
