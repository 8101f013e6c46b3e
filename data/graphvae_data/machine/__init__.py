"""The machine: devices and threads, worker processes, memory allocation, versions."""
