"""ComfyUI servers as engines: their workflows, and the client that has a take drawn by one."""
