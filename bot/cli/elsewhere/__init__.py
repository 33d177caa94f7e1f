"""Commands about engines that draw on other machines."""
