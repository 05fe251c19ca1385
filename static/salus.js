// Gives each element that names a module in `data-module` what that module adds. Pages work without any of it.
for (const element of document.querySelectorAll('[data-module]')) {
  import(`./js/${element.dataset.module}.js`).then((module) => module.default(element));
}
