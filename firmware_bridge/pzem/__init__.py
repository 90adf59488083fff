"""The PZEM-004T version 3, a meter of mains voltage, current, power and energy, over Modbus RTU."""
