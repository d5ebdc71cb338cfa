"""Whether this build computes on a GPU as it should: what its libraries have code for, what is here, and why not.

`python -m wyoming_servers.acceleration` looks and answers as JSON, in a process of its own, for it loads the native
libraries. An image says what it is meant to be in `PREFIX/share/sotto/image.json`; its build fails where that is not
so, and at each start the server holds it against the machine.
"""
