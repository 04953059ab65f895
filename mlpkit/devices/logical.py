def use_logical_cpus(n):
    from mlpkit.backend import tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * n)
    return [f"cpu:{i}" for i in range(n)]
