import { useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import type { Catalogue } from '../portal/portal-context.tsx';
import type { CrmRecord, Property } from '../portal/portal-schema.ts';
import { propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { standardLabel } from '../portal/standard-labels.ts';
import { HistoryDrawer } from './history-drawer.tsx';
import { PropertyRow } from './property-row.tsx';
import type { SaveProperty } from './property-row.tsx';

type PropertyPanelProps = {
  readonly type: ObjectType;
  readonly record: CrmRecord;
  readonly catalogue: Catalogue;
  readonly context: FormatContext;
  readonly changed: ReadonlySet<string>;
  readonly onSave: SaveProperty;
};

type Group = { readonly name: string; readonly label: string; readonly properties: readonly Property[] };

/** Properties an app brought stand in groups of their own and are shown in full; the standard ones by the key list. */
function keyGroups(type: ObjectType, catalogue: Catalogue, about: string): readonly Group[] {
  const facts = OBJECT_TYPE_FACTS[type];
  const key = facts.keyProperties.flatMap(
    (name) => catalogue.properties.find((property) => property.name === name) ?? [],
  );
  const standard = new Set(key.map((property) => property.groupName));
  const others = catalogue.groups
    .filter((group) => !standard.has(group.name))
    .map((group) => ({
      ...group,
      properties: catalogue.properties.filter(
        (property) => property.groupName === group.name && !property.hidden && property.name.startsWith('counterpart_'),
      ),
    }))
    .filter((group) => group.properties.length > 0);
  return [{ name: 'about', label: about, properties: key }, ...others];
}

export function PropertyPanel(props: PropertyPanelProps) {
  const { t } = useLanguage();
  const { type, catalogue, record } = props;
  const [all, setAll] = useState(false);
  const [history, setHistory] = useState<Property | null>(null);
  const groups = keyGroups(type, catalogue, t('record.about', { object: t(OBJECT_TYPE_FACTS[type].singular) }));
  return (
    <>
      {groups.map((group) => (
        <PropertyGroup key={group.name} group={group} {...props} onHistory={setHistory} />
      ))}
      <button type="button" className="text-button wide" onClick={() => setAll(true)}>
        {t('property.viewAll', { n: catalogue.properties.length })}
      </button>
      {all && <AllProperties {...props} onHistory={setHistory} onClose={() => setAll(false)} />}
      {history && (
        <HistoryDrawer
          type={type}
          recordId={record.id}
          property={history}
          context={props.context}
          onClose={() => setHistory(null)}
        />
      )}
    </>
  );
}

type PropertyGroupProps = PropertyPanelProps & {
  readonly group: Group;
  readonly onHistory: (property: Property) => void;
};

function PropertyGroup({ group, record, context, changed, onSave, onHistory }: PropertyGroupProps) {
  const [open, setOpen] = useState(true);
  return (
    <section className="side-card">
      <h2 className="side-card-head">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Glyph name={open ? 'chevron-down' : 'chevron-right'} size={14} />
          {group.label}
        </button>
      </h2>
      {open && (
        <div className="side-card-body">
          {group.properties.map((property) => (
            <PropertyRow
              key={property.name}
              property={property}
              value={record.properties[property.name]}
              changed={changed.has(property.name)}
              context={context}
              onSave={onSave}
              onHistory={onHistory}
            />
          ))}
        </div>
      )}
    </section>
  );
}

type AllPropertiesProps = PropertyPanelProps & {
  readonly onHistory: (property: Property) => void;
  readonly onClose: () => void;
};

function AllProperties(props: AllPropertiesProps) {
  const { t, language } = useLanguage();
  const { catalogue, record, onClose } = props;
  const [search, setSearch] = useState('');
  const [showEmpty, setShowEmpty] = useState(true);
  const wanted = search.trim().toLowerCase();
  const fits = (property: Property): boolean =>
    `${propertyLabel(property, language)} ${property.name}`.toLowerCase().includes(wanted) &&
    (showEmpty || Boolean(record.properties[property.name]));
  const groups = catalogue.groups
    .map((group) => ({
      ...group,
      label: standardLabel(language, group.label) ?? group.label,
      properties: catalogue.properties.filter((property) => property.groupName === group.name && fits(property)),
    }))
    .filter((group) => group.properties.length > 0);
  return (
    <Dialog kind="drawer" width="md" title={t('property.all')} closeLabel={t('action.close')} onClose={onClose}>
      <div className="drawer-tools">
        <div className="choice-search">
          <Glyph name="search" size={14} />
          <input
            value={search}
            aria-label={t('property.search')}
            placeholder={t('property.search')}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <label className="tick-label">
          <input type="checkbox" checked={!showEmpty} onChange={(event) => setShowEmpty(!event.target.checked)} />
          {t('property.hideEmpty')}
        </label>
      </div>
      <div className="dialog-body tinted">
        {groups.map((group) => (
          <PropertyGroup key={group.name} {...props} group={group} />
        ))}
      </div>
    </Dialog>
  );
}
