/** A public comment of staff answers its case; see CaseFirstResponse. */
trigger CaseCommentResponse on CaseComment(after insert) {
    CaseFirstResponse.onComment(Trigger.new);
}
