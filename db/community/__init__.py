"""What a guild makes of its clips together: effects of its own, a showcase, contests."""
