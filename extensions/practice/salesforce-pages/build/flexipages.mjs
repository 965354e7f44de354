/**
 * The package's own record pages, read from its source: which component stands in which region of which object's page. An admin assigns
 * them in a real org; the practice org has done so.
 */
import fs from 'node:fs';
import path from 'node:path';
import { XMLParser } from 'fast-xml-parser';

const ID = 'practice/flexipages';
const ARRAYS = new Set(['flexiPageRegions', 'itemInstances', 'componentInstanceProperties']);

/** @param {string} packageFolder the folder that holds `flexipages` */
export function flexipages(packageFolder) {
  return {
    name: 'flexipages',
    resolveId: (id) => (id === ID ? `\0${ID}` : null),
    load: (id) => (id === `\0${ID}` ? `export default ${JSON.stringify(readPages(packageFolder))};` : null),
  };
}

/** By object: `{ component, region }` of every component of the package. */
function readPages(packageFolder) {
  const folder = path.join(packageFolder, 'flexipages');
  if (!fs.existsSync(folder)) return {};
  const parser = new XMLParser({ isArray: (name) => ARRAYS.has(name) });
  const found = {};
  for (const name of fs.readdirSync(folder).filter((each) => each.endsWith('.xml'))) {
    const { FlexiPage: page } = parser.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
    if (page.type !== 'RecordPage') continue;
    found[page.sobjectType] = page.flexiPageRegions.flatMap((region) =>
      (region.itemInstances ?? []).flatMap(({ componentInstance }) =>
        componentInstance === undefined
          ? []
          : [{ component: componentInstance.componentName, region: region.name, isFacet: region.type === 'Facet' }],
      ),
    );
  }
  return found;
}
