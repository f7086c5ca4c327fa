"""What can go wrong in a way a person can mend: one clear sentence and an exit code (see README, Exit codes)."""


class HeatdeskError(Exception):
    """An error told to the user as one sentence: what is wrong, where, and what to do."""

    exit_code = 1


class UsageError(HeatdeskError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class BadInputError(HeatdeskError):
    """A file, symbol, exchange or value that cannot be used."""

    exit_code = 3


class NoHistoryError(BadInputError):
    """Nothing is stored of what was asked for, or nothing yet."""


class NotEnoughDataError(HeatdeskError):
    """The store holds too little for an honest answer."""

    exit_code = 4


class MachineError(HeatdeskError):
    """The machine lacks something: disk space, a writable folder, a display, a library."""

    exit_code = 5
