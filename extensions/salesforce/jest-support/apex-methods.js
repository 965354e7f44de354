/** The methods of `ContractCardController`, in the order of docs/decisions/011. */
module.exports.APEX_METHODS = [
  'load',
  'search',
  'detail',
  'attach',
  'detach',
  'restoreLink',
  'create',
  'moveStage',
  'decideRenewal',
  'logIncident',
  'mirrored',
];
