"""OpenSearch's own client against our fake: it must take the fake for the real thing, as far as the connector asks it.

    python client.py URL
"""

import sys

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError


def main():
    client = OpenSearch(sys.argv[1], max_retries=0)
    version = client.info()["version"]
    assert version["distribution"] == "opensearch", version

    caps = client.field_caps(index="logs-*", fields="service.name,message,nothing")["fields"]
    assert caps["service.name"]["keyword"]["aggregatable"] is True, caps
    assert caps["message"]["text"]["aggregatable"] is False, caps
    assert "nothing" not in caps, caps

    within = {"range": {"@timestamp": {"gte": 1795402800000, "lt": 1795404600000}}}
    told = {"size": 1, "query": {"bool": {"filter": [within]}}, "track_total_hits": True}
    first = client.search(index="logs-*", body=told)
    assert first["hits"]["total"] == {"value": 2, "relation": "eq"}, first
    assert first["_shards"]["failed"] == 0 and first["timed_out"] is False, first
    (hit,) = first["hits"]["hits"]
    second = client.search(index="logs-*", body={**told, "search_after": hit["sort"]})
    names = {hit["_source"]["service"]["name"]} | {h["_source"]["service"]["name"] for h in second["hits"]["hits"]}
    assert names == {"cart", "orders"}, names

    none = {"size": 5, "query": {"bool": {"filter": [within, {"terms": {"service.name": ["nobody"]}}]}}}
    assert client.search(index="logs-*", body=none)["hits"]["hits"] == []
    try:
        client.cat.indices()
    except NotFoundError:
        pass
    else:
        raise AssertionError("what the fake doesn't know has to be an error")


if __name__ == "__main__":
    main()
