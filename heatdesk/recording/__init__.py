"""Recording while windows look on: one program feeds the history, the windows of the same user attach to it."""
