"""What `make run` is made of: the installation's files, its environment, its processes."""
