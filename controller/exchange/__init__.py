"""What controller and office say to each other, and what both tell dashboards: two numbered logs over MQTT, and the
public tree. The conversation itself is pure (`controller_side`, `office_side`); only the `mqtt` modules touch a
network.
"""
