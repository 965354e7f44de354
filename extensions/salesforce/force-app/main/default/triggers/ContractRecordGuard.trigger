/** Refuses a late write of an older state; see ContractRevisions. */
trigger ContractRecordGuard on Contract_Record__c(before update) {
    ContractRevisions.beforeUpdate(Trigger.new, Trigger.oldMap);
}
