"""What the Pi beside the machines and the office run; the command is `indivis`.

Imports run one way: cli and commands, bootstrap, floor or office, exchange, domain. Floor and office never
import each other. `make test` checks it.
"""
