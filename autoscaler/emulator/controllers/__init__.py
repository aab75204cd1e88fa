"""What turns specs into pods: the controllers, scheduler and kubelet of the emulated cluster, over the object store."""
