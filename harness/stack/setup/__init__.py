"""From a fresh machine to a running engine with Compose v2, buildx and the base image.

:func:`harness.stack.doctor.fix` is the way in. Only this package installs, starts or removes anything
on the host; :mod:`harness.stack.doctor` looks and leaves everything as it was.
"""
