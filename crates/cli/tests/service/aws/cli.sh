#!/bin/sh
# The AWS CLI, as a person would type it: a space, a service, a webhook, an investigation, its journal.
#
#   cli.sh AWS        (the program; NIGHTJAR_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as elsewhere here)
set -eu

AWS=${1:?usage: cli.sh AWS}
export AWS_DISABLE_HOST_PREFIX_INJECTION=true AWS_DEFAULT_REGION=eu-central-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER=

say() { printf '%s\n' "- $*"; }
fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}
# agent COMMAND …: its answer, or the end of the script.
agent() { "$AWS" --endpoint-url "$NIGHTJAR_URL" devops-agent "$@" || fail "aws devops-agent $*"; }

SPACE=$(agent create-agent-space --name 'by hand' --description 'typed, not programmed' \
	--query agentSpace.agentSpaceId --output text)
say "create-agent-space made $SPACE"
agent list-agent-spaces --query 'agentSpaces[].agentSpaceId' --output text | grep -qw "$SPACE" ||
	fail "list-agent-spaces doesn't list it"
NAME=$(agent get-agent-space --agent-space-id "$SPACE" --query agentSpace.name --output text)
[ "$NAME" = 'by hand' ] || fail "get-agent-space calls it $NAME"
say "list-agent-spaces and get-agent-space know it"

SERVICE=$(agent register-service --service eventChannel --service-details '{"eventChannel":{"type":"webhook"}}' \
	--query serviceId --output text)
URL=$(agent associate-service --agent-space-id "$SPACE" --service-id "$SERVICE" \
	--configuration '{"eventChannel":{}}' --query webhook.webhookUrl --output text)
case $URL in http*://*/*) ;; *) fail "associate-service gave the address $URL" ;; esac
[ "$(agent list-associations --agent-space-id "$SPACE" --query 'length(associations)')" = 1 ] ||
	fail "list-associations doesn't list one"
say "register-service, associate-service and list-associations gave a webhook"

TASK=$(agent create-backlog-task --agent-space-id "$SPACE" --task-type INVESTIGATION --priority HIGH \
	--title 'Payments answer slowly' --query task.taskId --output text)
waited=0
while :; do
	STATUS=$(agent get-backlog-task --agent-space-id "$SPACE" --task-id "$TASK" --query task.status --output text)
	case $STATUS in
	COMPLETED) break ;;
	FAILED | TIMED_OUT | CANCELED | SKIPPED) fail "$TASK is $STATUS" ;;
	esac
	waited=$((waited + 1))
	[ "$waited" -lt 60 ] || fail "$TASK is still $STATUS"
	sleep 0.2
done
say "create-backlog-task made $TASK, and get-backlog-task says COMPLETED"
EXECUTION=$(agent list-executions --agent-space-id "$SPACE" --task-id "$TASK" \
	--query 'executions[0].executionId' --output text)
RECORDS=$(agent list-journal-records --agent-space-id "$SPACE" --execution-id "$EXECUTION" \
	--page-size 2 --query 'length(records[])' --output json)
[ "$RECORDS" -gt 2 ] || fail "list-journal-records gives $RECORDS records"
say "list-executions and list-journal-records tell how: $RECORDS records"

agent delete-agent-space --agent-space-id "$SPACE"
"$AWS" --endpoint-url "$NIGHTJAR_URL" devops-agent get-agent-space --agent-space-id "$SPACE" 2>&1 |
	grep -q ResourceNotFoundException || fail "get-agent-space finds it after delete-agent-space"
say "after delete-agent-space there is no more of it"
echo "all is well"
