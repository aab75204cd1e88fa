"""The CustomResourceDefinition of a ScalingPolicy, made from the schema of its files."""
