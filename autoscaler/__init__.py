"""Scale Kubernetes workloads: one decision core, driven live by a daemon and offline by a simulator."""
