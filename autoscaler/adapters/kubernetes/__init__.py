"""Kubernetes over HTTP: watch caches, the scale subresource, the metrics APIs, statuses and events.

kubernetes-asyncio supplies configuration, credentials and TLS; everything above the single request is ours, because
its watch repeats an expired version, its calls have no timeout and its models cost a millisecond a pod.
"""
