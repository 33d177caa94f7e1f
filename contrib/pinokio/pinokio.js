// The entry of Framekiln in Pinokio: what its menu offers, depending on what is there and what runs.
module.exports = {
  version: "3.7",
  title: "Framekiln",
  description: "A Discord bot that turns pictures and words into short video clips, on your own GPU.",
  menu: async (kernel, info) => {
    if (info.running("install.json")) {
      return [{ default: true, icon: "fa-solid fa-plug", text: "Installing", href: "install.json" }];
    }
    if (!info.exists("app/.venv")) {
      return [{ default: true, icon: "fa-solid fa-plug", text: "Install", href: "install.json" }];
    }
    if (info.running("start.json")) {
      return [{ default: true, icon: "fa-solid fa-terminal", text: "Running", href: "start.json" }];
    }
    return [
      { default: true, icon: "fa-solid fa-power-off", text: "Start", href: "start.json" },
      { icon: "fa-solid fa-rotate", text: "Update", href: "update.json" },
      { icon: "fa-solid fa-plug", text: "Install again", href: "install.json" },
    ];
  },
};
