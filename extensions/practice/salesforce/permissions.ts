/**
 * Who may see and change which field. Standard fields are open to everybody; the package's fields and objects come with its permission
 * sets, and the administrator has them all when the package was installed for administrators.
 */
import type { FieldDefinition, ObjectDefinition } from './object-definition.ts';
import { NAMESPACE } from './package-source.ts';
import type { PracticeOrg } from './practice-org.ts';

export interface Access {
  canRead(object: ObjectDefinition): boolean;
  canWrite(object: ObjectDefinition, right: 'create' | 'edit' | 'delete'): boolean;
  canReadField(object: ObjectDefinition, field: FieldDefinition): boolean;
  canEditField(object: ObjectDefinition, field: FieldDefinition): boolean;
}

const EVERYTHING: Access = {
  canRead: () => true,
  canWrite: () => true,
  canReadField: () => true,
  canEditField: () => true,
};

/** System mode: what triggers and the org itself may do. */
export const systemAccess = (): Access => EVERYTHING;

const packaged = (name: string): boolean => name.startsWith(`${NAMESPACE}__`);

export function accessOf(org: PracticeOrg, userId: string): Access {
  const member = org.members.get(userId);
  if (member?.isAdmin === true && org.behaviour().adminSeesPackageFields) return EVERYTHING;
  const sets = (org.installedPackage()?.permissionSets ?? []).filter(({ name }) =>
    member?.permissionSets.includes(name),
  );
  const grants = (
    object: ObjectDefinition,
    field: FieldDefinition,
  ): { readonly readable: boolean; readonly editable: boolean } => {
    const found = sets.map((set) => set.fields.get(`${object.name}.${field.name}`));
    // Required and master-detail fields cannot be taken away by field permissions.
    const always = object.custom && !field.nillable && field.type !== 'boolean' && canUse(object, 'read');
    return {
      readable: always || found.some((one) => one?.readable === true),
      editable: always || found.some((one) => one?.editable === true),
    };
  };
  const canUse = (object: ObjectDefinition, right: 'create' | 'read' | 'edit' | 'delete'): boolean =>
    !object.custom || sets.some((set) => set.objects.get(object.name)?.has(right) === true);
  return {
    canRead: (object) => canUse(object, 'read'),
    canWrite: canUse,
    canReadField: (object, field) => !packaged(field.name) || grants(object, field).readable,
    canEditField: (object, field) => !packaged(field.name) || grants(object, field).editable,
  };
}
