"""The training loop, its batches, and the plan of its time and memory."""
