package conformance_test

import (
	"fmt"
	"testing"
)

// behaviour is one that is looked at on every topology.
type behaviour struct {
	number int // as docs/conformance.md has it
	name   string
	check  func(*testing.T, *world)
}

// title is the name of its test.
func (b behaviour) title() string { return fmt.Sprintf("%02d %s", b.number, b.name) }

// suite is what SQLAlchemy's test-suite asserts.
var suite = []behaviour{
	{1, "keys end in the shard", keysEndInTheShard},
	{2, "children go with their parent", childrenGoWithTheirParent},
	{3, "ids from a table of the first shard", idsFromATable},
	{4, "get", get},
	{5, "get or an error", getOrAnError},
	{6, "get on a pinned shard", getOnAPinnedShard},
	{7, "related rows without a pin", relatedWithoutAPin},
	{8, "related rows after a pin of the lead alone", relatedAfterAPinOfTheLead},
	{9, "related rows after a pin that propagates", relatedAfterAPinThatPropagates},
	{10, "related rows after a pin of one call", relatedAfterAPinOfOneCall},
	{11, "columns come from the row's own shard", columnsComeFromTheRowsShard},
	{12, "pin by message and by context", pinByMessageAndContext},
	{13, "rows are where the chooser said", rowsAreWhereTheChooserSaid},
	{14, "a table read on a pinned shard", tableReadOnAPinnedShard},
	{15, "in two continents", inTwoContinents},
	{16, "round trip", roundTrip},
	{17, "one primary key, two identities", onePrimaryKeyTwoIdentities},
	{18, "a plan used again", planUsedAgain},
	{19, "a plan used again with a pin", planUsedAgainWithAPin},
	{20, "a plan with a condition and a pin", planWithAConditionAndAPin},
	{21, "each row tells its shard in order", eachRowTellsItsShard},
	{22, "a statement is for any executor", statementIsForAnyExecutor},
	{23, "update and the objects in memory", updateAndTheObjects},
	{24, "delete and the objects in memory", deleteAndTheObjects},
	{25, "raw text with a pin", rawTextWithAPin},
	{26, "raw text without a pin", rawTextWithoutAPin},
	{27, "an identity chooser without an answer", chooserWithoutAnAnswer},
	{28, "refresh asks no chooser", refreshAsksNoChooser},
	{29, "columns ask no chooser", columnsAskNoChooser},
	{30, "what has expired asks no chooser", expiredAsksNoChooser},
	{31, "a parent in the identity map", parentInTheIdentityMap},
	{32, "a parent in its database", parentInItsDatabase},
	{33, "equal parents on two shards", equalParentsOnTwoShards},
	{34, "associations land with their parents", associationsLandWithTheirParents},
	{35, "an association by itself", associationByItself},
	{36, "deprecated choosers", deprecatedChoosers},
	{37, "a change that an engine can't do", changeThatAnEngineCantDo},
}

// examples is what SQLAlchemy's examples assert.
var examples = []behaviour{
	{38, "get and its first report", getAndItsFirstReport},
	{39, "like with a pin", likeWithAPin},
	{40, "two of four shards", twoOfFourShards},
	{41, "report 1 twice", reportOneTwice},
	{42, "over futures", overFutures},
	{43, "a shard must be known", shardMustBeKnown},
	{44, "the prefix in a literal", prefixInALiteral},
}

// unguarded is what SQLAlchemy does without a test that looks at it, and mostly wrong.
var unguarded = []behaviour{
	{51, "count and one are merged", countAndOneAreMerged},
	{52, "an insert without a shard", insertWithoutAShard},
	{53, "a changed shard key", changedShardKey},
	{54, "a parent on another shard", parentOnAnotherShard},
	{55, "savepoints undo what was flushed", savepointsUndoWhatWasFlushed},
	{56, "a commit that fails in the middle", commitThatFailsInTheMiddle},
	{57, "a shard that fails in a read", shardThatFailsInARead},
	{58, "choosers that answer nonsense", choosersThatAnswerNonsense},
	{59, "one choice for a get", oneChoiceForAGet},
	{60, "a token overrides no chooser", tokenOverridesNoChooser},
	{61, "eager loads by shard", eagerLoadsByShard},
	{62, "text that a chooser can't read", textThatAChooserCantRead},
	{63, "rows before the last shard is through", rowsBeforeTheLastShard},
	{64, "delete and refresh send what they need", deleteAndRefreshSendWhatTheyNeed},
}

func TestConformance(t *testing.T) {
	for _, o := range topologies {
		t.Run(o.name, func(t *testing.T) {
			w := newWorld(t, o)
			for _, part := range [][]behaviour{suite, examples, unguarded} {
				for _, b := range part {
					t.Run(b.title(), func(t *testing.T) {
						w.refresh(t)
						b.check(t, w)
					})
					w.requireIdle(t, b)
				}
			}
		})
	}
}
