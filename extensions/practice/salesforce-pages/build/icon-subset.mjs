/** Replaces the 6,911 icon templates of the base components, one file each, by those that the pages, the card and the components in use name. */
import fs from 'node:fs';
import path from 'node:path';

const PREFIX = '\0icons:';
const MODULE = /^lightning\/iconSvgTemplates(\w*?)(Rtl)?$/;
const ICON = /\b(utility|standard|action|custom|doctype):([a-z]\w*)/g;

/** Names of icons, such as `utility:close`, in the files below the folders. @param {readonly string[]} folders */
export function iconsNamedIn(folders) {
  const found = new Set();
  for (const file of folders.flatMap((folder) => filesBelow(folder)))
    for (const [name] of fs.readFileSync(file, 'utf8').matchAll(ICON)) found.add(name);
  return [...found].toSorted((a, b) => a.localeCompare(b));
}

function filesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const isSource = entry.isFile() && /\.(js|html|xml)$/.test(entry.name);
    return isSource && !/iconSvg|__\w+__/.test(file) ? [file] : [];
  });
}

/** @param {{ baseFolder: string, icons: readonly string[] }} options */
export function iconSubset({ baseFolder, icons }) {
  const fileOf = (category, name) =>
    path.join(
      baseFolder,
      `src/lightning/iconSvgTemplates${category[0].toUpperCase()}${category.slice(1)}/buildTemplates`,
      category,
      `${name}.html`,
    );
  return {
    name: 'icon-subset',
    resolveId: (id) => {
      const found = MODULE.exec(id);
      return found === null ? null : `${PREFIX}${found[1].toLowerCase()}${found[2] ?? ''}`;
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const category = id.slice(PREFIX.length).replace(/Rtl$/, '');
      const files = icons
        .map((icon) => icon.split(':'))
        .filter(([each]) => category === '' || each === category)
        .map(([each, name]) => ({ key: `${each}_${name}`, file: fileOf(each, name) }))
        .filter(({ file }) => fs.existsSync(file));
      const imports = files.map(({ file }, index) => `import i${index} from ${JSON.stringify(file)};`);
      return `${imports.join('\n')}\nexport default {${files.map(({ key }, index) => `${key}: i${index}`).join(',')}};`;
    },
  };
}
