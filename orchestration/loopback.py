"""The one address that anything of Njia listens on: this machine's own.

Neither the Dagster UI nor the desk is made to face a network. Whoever must reach them from elsewhere puts a
tunnel or a proxy that knows its users in front: docs/security.md.
"""

LOOPBACK = "127.0.0.1"
