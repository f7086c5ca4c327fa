"""A market of agents, for when there is neither history nor network, and with a truth to compare an estimate with."""
