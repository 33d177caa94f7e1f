"""Each way of drawing beside the stock pipeline that it stands on."""
